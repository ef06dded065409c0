# A Python sender writes a price as text; a Go receiver cannot read it.
function price-writer tracer=epsagon
topic price-topic
http feed.example
function price-reader tracer=epsagon

0-100 timer price-writer
  20-60 call feed.example "GET /p" -> 200
    got {"sku":"a","price":"9.99"}
  70-80 send price-topic id=g-1 {"sku":"a","price":"9.99"}
    200-240 deliver price-reader
      230 throw UnmarshalTypeError "json: cannot unmarshal string into Go struct field Update.price of type float64"

expect
  traces 2
  failure price-reader
  cause feed.example|price-writer high|medium
