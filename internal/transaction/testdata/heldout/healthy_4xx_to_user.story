# A user asks for what is not there and is told so.
gateway nf-gateway
function find-post
table posts-table

0-90 entry nf-gateway "GET /post" -> 404
  5-80 invoke find-post
    response http 404 {"message":"no post 77"}
    10-30 use posts-table GetItem

expect
  none
  nosilent
