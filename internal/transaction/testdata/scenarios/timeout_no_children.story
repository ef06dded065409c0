# A function computes until it is killed: nobody else took part.
function thumbnails timeout=5

0-5000 entry thumbnails "POST /image" timedout

expect
  failure thumbnails
  cause thumbnails medium|high
  hops 0
