# A row is written without its currency, relayed by a stream, and refused two services later.
service orders-svc
table outbox
function relay
bus business
service accounting-fn

0-90 entry orders-svc "POST /o" -> 201
  event {"total":9,"currency":"EUR"}
  20-50 use outbox PutItem id=ob-1 {"order":"1","total":9}
    300-360 deliver relay context=keys
      330-350 send business OrderPlaced id=ob-2 {"order":"1","total":9}
        500-560 deliver accounting-fn
          550 throw SchemaError "instance requires property \"currency\""

expect
  failure accounting-fn
  cause orders-svc high
