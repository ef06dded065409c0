# The callee's clock is a minute ahead; the failure is still its own database.
gateway front-gateway
service accounts clock=+60000
database accounts-db

0-200 entry front-gateway "GET /account" -> 500
  5-190 call accounts "GET /account" -> 500
    20-180 use accounts-db "SELECT * FROM account"
      fail "FATAL: remaining connection slots are reserved"

expect
  failure front-gateway
  cause accounts-db high|medium
  path accounts-db > accounts > front-gateway
