# A message without its items is tried three times and ends in the dead-letter queue.
function cart-api
queue order-jobs
queue order-jobs-dlq
function order-worker

0-80 entry cart-api "POST /order" -> 200
  event http {"cart":"c-1"}
  20-40 send order-jobs id=p-1 {"order":"o-1","customer":{"id":4}}
    100-160 deliver order-worker attempt=1
      150 throw TypeError "Cannot read properties of undefined (reading 'items')" handled
      151 throw Error "order has no items: missing required field 'items'"
    30100-30160 deliver order-worker attempt=2
      30151 throw Error "order has no items: missing required field 'items'"
    60100-60160 deliver order-worker attempt=3
      60151 throw Error "order has no items: missing required field 'items'"

expect
  failure order-worker
  cause cart-api high
  hops 2
  value order-worker event $.Records[0].body.items missing
