# A query takes nearly all of the three seconds that the function has.
gateway api-gateway
function report timeout=3
database warehouse

0-3020 entry api-gateway "GET /report" -> 504
  5-3015 invoke report timedout served=7-3007
    fail "RequestId: 1 Error: Task timed out after 3.00 seconds"
    20-40 use warehouse "SELECT tenant"
    50-2990 use warehouse "SELECT sum(amount) FROM sales"

expect
  failure api-gateway
  cause warehouse "SELECT sum" high
  path warehouse > report > api-gateway
  headline "warehouse"
