# A chain of services waits for a lock in the lowest database.
gateway slow-gateway
service a-service
service b-service
database locks-db

0-5000 entry slow-gateway "GET /a" -> 504
  5-4990 call a-service "GET /a" timeout served=10-5200
    20-5190 call b-service "GET /b" -> 200
      25-40 use locks-db "SELECT id"
      50-5150 use locks-db "SELECT * FROM stock FOR UPDATE"

expect
  failure slow-gateway
  cause locks-db "FOR UPDATE" high|medium
