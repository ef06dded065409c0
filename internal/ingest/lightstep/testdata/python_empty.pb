
ï¼¾ÜÎºŒƒªÛ"
lightstep.hostnameorders-1"#
lightstep.tracer_platformpython"+
!lightstep.tracer_platform_version3.11.7"!
lightstep.tracer_version4.4.8")
lightstep.component_namepython-orders""
lightstep.guiddb540c63a9d71f3c
token