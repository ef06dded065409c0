# A partner refuses our token, and the error is handed up as it should be.
gateway sync-gateway
function sync-contacts
http partner.example

0-300 entry sync-gateway "POST /sync" -> 500
  5-290 invoke sync-contacts
    10-200 call partner.example "GET /contacts" -> 401
      got {"error":"invalid_token","error_description":"The access token expired"}
    210 throw HTTPError "401 Client Error: Unauthorized for url: https://partner.example/contacts"

expect
  failure sync-gateway
  cause partner.example high
  path partner.example > sync-contacts > sync-gateway
  headline "401"
