# An item is written without its email; what the stream invokes cannot do without.
function register
table users
function greet

0-150 entry register "POST /register" -> 201
  event http {"name":"Ada"}
  20-60 use users PutItem id=h-1 {"id":"u1","name":"Ada"}
    400-500 deliver greet context=keys
      490 throw KeyError "'email'"

expect
  failure greet
  cause register high|medium
  path register > users > greet
  value greet event $.Records[0].dynamodb.NewImage.email missing
