"""`manage.py backup` and `manage.py restore`, on either database."""
