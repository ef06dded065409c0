# A gRPC call is refused and the error swallowed; the message lacks what it should have brought.
service storefront
service loyalty
stream purchases
service points

0-120 entry storefront "POST /buy" -> 200
  10-60 call loyalty "loyalty.Members/Find" unserved
    attr rpc.grpc.status_code 14
    fail "connection closed before server preface received"
  70-80 send purchases id=gr-1 {"sku":"x","total":5}
    200-240 deliver points
      230 throw Exception "member must not be null"

expect
  failure points
  cause storefront high|medium
  headline "UNAVAILABLE from loyalty"
