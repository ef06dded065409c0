# A limit in the settings table is a word where a number belongs.
gateway quota-gateway
function quota
table settings

0-200 entry quota-gateway "GET /quota" -> 500
  5-190 invoke quota
    10-60 use settings GetItem
      got {"Item":{"name":{"S":"quota"},"limit":{"S":"unlimited"}}}
    100 throw ValueError "invalid literal for int() with base 10: 'unlimited'"

expect
  failure quota-gateway
  cause settings GetItem high|medium
  value quota response $.Item.limit wrong
