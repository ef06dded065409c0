# Ten messages, one handed back: the carrier's API refuses it. The function succeeds.
service shipping-desk
queue parcels
function labeler
http carrier.example

0-100 entry shipping-desk "POST /parcels" -> 202
  20-60 send parcels ids=b1..b10 {"parcel":"$id"}
    200-900 deliver labeler
      210-260 call carrier.example "POST /label" -> 200
      300-380 call carrier.example "POST /label" -> 422
        got {"error":"zip code unknown"}
      390 log error "b7: carrier.example answered 422"
      400-460 call carrier.example "POST /label" -> 200
      response {"batchItemFailures":[{"itemIdentifier":"b7"}]}

expect
  cause carrier.example high|medium
  failure labeler
  silent partial-batch labeler
