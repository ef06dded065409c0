# A deadlock victim tries again and succeeds.
service accounts
database accounts-db

0-400 entry accounts "POST /transfer" -> 200
  10-100 use accounts-db "UPDATE account"
    fail "deadlock detected"
  150-250 use accounts-db "UPDATE account"

expect
  none
  nosilent
