"""The registry as it is usually written with FastAPI and SQLModel: `app` is run by uvicorn."""

from fastapi import FastAPI

from bench.rivals.sqlmodel_way import doors, reading, writing

app = FastAPI()
app.include_router(doors.router)
app.include_router(reading.router)
app.include_router(writing.router)
