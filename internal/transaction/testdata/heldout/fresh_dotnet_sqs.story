# A .NET worker reads a key that its dictionary does not have; the producer renamed it.
service order-web
queue order-events
function order-projector

0-50 entry order-web "POST /o" -> 202
  event {"orderId":"7","customerId":"c"}
  10-20 send order-events id=dn-1 {"orderId":"7","custId":"c"}
    60-90 deliver order-projector
      80 throw System.Collections.Generic.KeyNotFoundException "The given key 'customerId' was not present in the dictionary."

expect
  failure order-projector
  cause order-web high
