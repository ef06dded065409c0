# The middle service answers 200 with an empty profile after its database failed; the caller breaks on the missing name.
gateway mid-gateway
service profile-page
service profiles
database profiles-db

0-300 entry mid-gateway "GET /me" -> 500
  5-290 call profile-page "GET /me" -> 500
    10-200 call profiles "GET /profile" -> 200
      response {"id":7}
      20-150 use profiles-db "SELECT name FROM profile"
        throw OperationalError "canceling statement due to statement timeout"
      155 log error "profile incomplete"
    210 throw TypeError "Cannot read properties of undefined (reading 'name')"

expect
  failure mid-gateway
  cause profiles high
  headline "swallowed"
