# A table is looked for in the wrong region; nothing else is wrong.
function settings-fn
table app-settings

0-200 timer settings-fn
  10-100 use app-settings GetItem
    fail "ResourceNotFoundException: Requested resource not found"
  110 throw ResourceNotFoundException "An error occurred (ResourceNotFoundException) when calling the GetItem operation: Requested resource not found"

expect
  failure settings-fn
  cause app-settings high
