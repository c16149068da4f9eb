from django.urls import path

from bench.rivals.drf_way import views

urlpatterns = [
    path("token", views.SignInView.as_view()),
    path("households", views.Households.as_view()),
    path("households/<uuid:pk>", views.OneHousehold.as_view()),
    path("members/search", views.Members.as_view()),
    path("proposals", views.Proposals.as_view()),
    path("proposals/counts", views.Counts.as_view()),
    path("proposals/<uuid:pk>/submit", views.Submit.as_view()),
    path("proposals/<uuid:pk>/decide", views.Decide.as_view()),
]
