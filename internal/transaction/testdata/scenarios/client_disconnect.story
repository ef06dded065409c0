# The caller hangs up; everything below is cancelled. Nobody here is to blame.
gateway search-gateway
service search
database search-db

0-2000 entry search-gateway "GET /search" -> 499
  fail "context canceled: client disconnected"
  5-1999 call search "GET /search"
    fail "context canceled"
    20-1990 use search-db "SELECT 1"
      fail "context canceled"

expect
  failure search-gateway
  cause search-gateway any
  headline "caller"
