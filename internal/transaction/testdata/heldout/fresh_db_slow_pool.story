# All connections are busy: the pool gives up waiting, nothing of the query is seen.
gateway pool-gateway
service inventory-api
database inv-db

0-5100 entry pool-gateway "GET /i" -> 500
  10-5050 call inventory-api "GET /i" -> 500
    20-5020 use inv-db "pg-pool.connect"
      fail "timeout exceeded when trying to connect"
    5030 throw Error "timeout exceeded when trying to connect"

expect
  failure pool-gateway
  cause inv-db high|medium
