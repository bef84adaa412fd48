"""Makes a domain: provision.py DIRECTORY ADDRESS PASSWORD, where the directory holds smb.conf.

What samba-tool does, but for the access rights of files, which it needs other modules and a file system that keeps them for.
"""

import logging
import sys

from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision

directory, address, password = sys.argv[1:]
conf = directory + "/smb.conf"
lp = LoadParm()
lp.load(conf)
provision(
    logging.getLogger(),
    system_session(),
    lp=lp,
    smbconf=conf,
    targetdir=directory,
    realm="EXAMPLE.ORG",
    domain="EXAMPLE",
    hostname="dc1",
    hostip=address,
    adminpass=password,
    serverrole="active directory domain controller",
    dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
    dns_backend="SAMBA_INTERNAL",  # with the partitions that a search from the root refers to
    skip_sysvolacl=True,
)
