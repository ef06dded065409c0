# The column wants a country; the form never had one.
function address-api
database addresses

0-90 entry address-api "POST /address" -> 500
  event http {"street":"Long Lane","city":"York"}
  20-60 use addresses "INSERT INTO address"
    throw IntegrityError "null value in column \"country\" of relation \"address\" violates not-null constraint"
  70 throw IntegrityError "null value in column \"country\" of relation \"address\" violates not-null constraint"

expect
  failure address-api
  cause address-api any
