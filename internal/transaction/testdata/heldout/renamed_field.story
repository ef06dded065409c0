# The user service began to answer userName where name was before.
gateway hello-gateway
function hello
service users

0-200 entry hello-gateway "GET /hello" -> 500
  5-190 invoke hello
    event http {"id":3}
    10-100 call users "GET /users" -> 200
      got {"id":3,"userName":"Ada"}
    120 throw KeyError "'name'"

expect
  failure hello-gateway
  cause users high|medium
