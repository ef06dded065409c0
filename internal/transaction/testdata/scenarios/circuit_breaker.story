# Three calls fail, then the breaker opens and the last one is not even tried.
gateway web-gateway
service basket
service inventory

0-400 entry web-gateway "POST /basket" -> 503
  5-390 call basket "POST /basket" -> 503
    10-60 call inventory "GET /a" -> 500
      59 throw PoolExhausted "no free connection within 50 ms"
    70-120 call inventory "GET /b" -> 500
      119 throw PoolExhausted "no free connection within 50 ms"
    130-180 call inventory "GET /c" -> 500
      179 throw PoolExhausted "no free connection within 50 ms"
    200-201 do "inventory GET /d"
      throw CallNotPermittedException "CircuitBreaker 'inventory' is OPEN and does not permit further calls"
    380 throw CallNotPermittedException "CircuitBreaker 'inventory' is OPEN and does not permit further calls"

expect
  failure web-gateway
  cause inventory high|medium
