# A row in a table holds a state that the code does not know.
service ef-api
database ef-db

0-90 entry ef-api "GET /state" -> 500
  10-40 use ef-db "SELECT state FROM job"
    got {"rows":[{"id":4,"state":"PAUSED_BY_ADMIN"}]}
  60 throw IllegalArgumentException "No enum constant com.acme.State.PAUSED_BY_ADMIN"

expect
  failure ef-api
  cause ef-db any
