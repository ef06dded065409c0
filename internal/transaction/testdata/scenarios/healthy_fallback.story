# A missing picture is no failure: the code asks, gets a 404 and shows the default.
gateway avatar-gateway
function avatar
bucket avatars

0-100 entry avatar-gateway "GET /avatar" -> 200
  5-90 invoke avatar
    response http 200 {"url":"default.png"}
    10-40 use avatars HeadObject -> 404
    50-70 use avatars GetObject -> 200

expect
  none
