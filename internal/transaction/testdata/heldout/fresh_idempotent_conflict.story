# A conditional write says that the item is there already, which is what the code hopes for.
service idem-api
queue idem-jobs
function idem-worker
table idem-keys

0-40 entry idem-api "POST /x" -> 202
  10-20 send idem-jobs id=ic-1 {"k":1}
    60-90 deliver idem-worker
      65-80 use idem-keys PutItem
        fail "ConditionalCheckFailedException: The conditional request failed"

expect
  none
  nosilent
