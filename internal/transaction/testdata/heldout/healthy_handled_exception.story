# A cache miss is an exception in this language; the code handles it.
gateway hx-gateway
service reader
cache pages
database pages-db

0-100 entry hx-gateway "GET /p" -> 200
  5-90 call reader "GET /p" -> 200
    10-20 use pages GET
    30-60 use pages-db "SELECT page"

expect
  none
  nosilent
