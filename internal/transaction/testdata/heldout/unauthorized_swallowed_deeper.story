# The middle service turns a refused database login into an empty list; its caller breaks on that.
gateway list-gateway
service lister
service catalogue
database catalogue-db

0-200 entry list-gateway "GET /list" -> 500
  5-190 call lister "GET /list" -> 500
    10-150 call catalogue "GET /items" -> 200
      response {"items":null}
      20-100 use catalogue-db "SELECT * FROM item"
        throw OperationalError "password authentication failed for user \"app\""
    160 throw TypeError "Cannot read properties of null (reading 'items')" handled
    161 throw TypeError "items is not iterable"

expect
  failure list-gateway
  cause catalogue|catalogue-db high|medium
