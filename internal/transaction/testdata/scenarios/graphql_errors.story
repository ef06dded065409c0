# The API answers 200 and says in its body that it failed.
service graphql-api
function resolve-user
database users-db

0-120 entry graphql-api "POST /graphql" -> 200
  event {"query":"{ user(id: 1) { name } }"}
  response {"data":{"user":null},"errors":[{"message":"connection to users-db refused","path":["user"]}]}
  5-110 invoke resolve-user
    10-90 use users-db "SELECT name FROM users"
      89 throw ConnectionRefused "could not connect to server: Connection refused"
    response {"errorType":"DBError","errorMessage":"connection to users-db refused"}

expect
  failure graphql-api
  cause users-db high|medium
  silent error-body graphql-api
