# Five services hand an error up; the lowest one cannot reach its database.
gateway mobile-gateway
service bff
service orders
service customers
service ledger
database ledger-db

0-500 entry mobile-gateway "GET /home" -> 502
  5-490 call bff "GET /home" -> 502
    10-480 call orders "GET /orders" -> 500
      20-470 call customers "GET /customer" -> 500
        30-460 call ledger "GET /balance" -> 500
          40-450 use ledger-db "SELECT balance"
            449 throw ConnectionError "connect ECONNREFUSED 10.0.0.9:5432"
          451 throw ConnectionError "connect ECONNREFUSED 10.0.0.9:5432"
        462 throw Error "ledger answered 500"
      472 throw Error "customers answered 500"
    482 throw Error "orders answered 500"

expect
  failure mobile-gateway
  cause ledger-db high
  hops 5
  path ledger-db > ledger > customers > orders > bff > mobile-gateway
