# Five hundred resizes, one of which gets a broken picture.
function album
function resize
bucket pictures

0-5000 entry album "POST /album" -> 500
  throw Error "resize failed for 1 of 500 pictures: cannot identify image file"
  repeat 499 every=5
    10-60 invoke resize
      20-50 use pictures GetObject
  3000-3060 invoke resize -> 200
    fail "Unhandled"
    3010-3030 use pictures GetObject
    3050 throw UnidentifiedImageError "cannot identify image file"

expect
  failure album
  cause resize high|medium
  path resize > album
