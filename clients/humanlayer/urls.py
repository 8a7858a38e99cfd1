"""The fast lane answers these paths before Django; what reaches Django here is a mistake to explain."""

from django.urls import re_path

from clients.humanlayer.api import what_is_wrong

urlpatterns = [re_path("", what_is_wrong)]
