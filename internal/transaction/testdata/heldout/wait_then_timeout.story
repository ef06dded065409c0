# A service behind a proxy nobody traces waits for a lock; the caller two levels up gives up.
gateway app-gateway
service orders
service legacy tracer=none passes=yes
service stock
database stock-db

0-2010 entry app-gateway "GET /stock" -> 504
  5-2005 call orders "GET /stock" timeout served=10-4300
    20-4290 call legacy "GET /s" -> 200
      30-4280 call stock "GET /s" -> 200
        40-4270 use stock-db "LOCK TABLE stock"

expect
  failure app-gateway
  cause stock-db high|medium
