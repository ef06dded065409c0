# The new version has a typo.
gateway bd-gateway
function bd-fn
table bd-table

0-80 entry bd-gateway "GET /" -> 500
  5-70 invoke bd-fn
    10-30 use bd-table GetItem
      got {"Item":{"id":{"S":"1"},"name":{"S":"x"}}}
    50 throw NameError "name 'itme' is not defined"

expect
  failure bd-gateway
  cause bd-fn high|medium
