# A price is sent as a text; the validator downstream wants a number.
service catalog
stream price-changes
function repricer

0-60 entry catalog "PUT /price" -> 200
  event {"sku":"a","price":"12,50"}
  10-30 send price-changes id=seq-1 {"sku":"a","price":"12,50"}
    200-260 deliver repricer
      250 throw ValidationError "1 validation error for PriceChange price Input should be a valid number, unable to parse string as a number [type=float_parsing, input_value='12,50', input_type=str]"

expect
  failure repricer
  cause catalog high|medium
  value repricer event $.Records[0].kinesis.data.price wrong
