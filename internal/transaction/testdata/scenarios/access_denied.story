# A role lost its right to publish.
gateway post-gateway
function publish-post
topic posts

0-200 entry post-gateway "POST /post" -> 500
  5-190 invoke publish-post
    20-60 send posts {"id":1}
      fail "AuthorizationError: User is not authorized to perform: SNS:Publish on resource: posts"
    100 throw AuthorizationErrorException "User is not authorized to perform: SNS:Publish on resource: posts"

expect
  failure post-gateway
  cause posts high
