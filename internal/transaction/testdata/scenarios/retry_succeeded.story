# The first attempt fails, the second does not: nothing failed for anybody.
gateway shop-gateway
function stock
http erp.example

0-900 entry shop-gateway "GET /stock" -> 200
  5-890 invoke stock
    10-200 call erp.example "GET /item" -> 503
    400-600 call erp.example "GET /item" -> 200

expect
  none
  nosilent
