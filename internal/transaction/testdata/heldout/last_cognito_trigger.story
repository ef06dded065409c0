# A login trigger asks a directory that is down; the login fails.
service login
function pre-auth
http ldap.corp

0-900 entry login "POST /login" -> 500
  10-880 invoke pre-auth
    20-800 call ldap.corp "GET /user" -> 503
    850 throw Error "PreAuthentication failed with error directory unavailable."
  890 throw UserLambdaValidationException "PreAuthentication failed with error directory unavailable."

expect
  failure login
  cause ldap.corp high|medium
