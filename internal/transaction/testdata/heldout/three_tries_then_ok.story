# Third time lucky.
function saver
database main-db

0-900 entry saver "POST /s" -> 200
  10-50 use main-db "INSERT INTO t"
    fail "server closed the connection unexpectedly"
  200-250 use main-db "INSERT INTO t"
    fail "server closed the connection unexpectedly"
  600-650 use main-db "INSERT INTO t"

expect
  none
  nosilent
