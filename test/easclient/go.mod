module drover-easclient

go 1.26
