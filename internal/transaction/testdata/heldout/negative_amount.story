# A refund is sent as a negative amount; the receiver's rule refuses it.
service refunds
topic money
function book

0-60 entry refunds "POST /refund" -> 202
  10-20 send money id=na-1 {"account":"a","amount":-5}
    50-90 deliver book
      80 throw ValueError "amount must be positive"

expect
  failure book
  cause refunds high|medium
