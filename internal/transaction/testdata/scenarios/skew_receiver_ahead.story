# The receiver's clock is 40 s behind: its failure seems to come before its cause.
function ingest-order
service stock clock=-40000
topic orders
function pack-order clock=-40000

0-250 entry ingest-order "POST /order" -> 200
  10-90 call stock "GET /item" -> 404
    got {"message":"no such item"}
  100-130 send orders id=k-1 {"order":"9"}
    200-300 deliver pack-order
      290 throw AttributeError "'NoneType' object has no attribute 'item'"

expect
  failure pack-order
  cause ingest-order high|medium
  headline "swallowed a 404 from stock"
