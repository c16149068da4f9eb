-- Both roles get the passwords that the database's container was given.
\getenv owner OWNER_PASSWORD
\getenv app APP_PASSWORD
ALTER ROLE siks_owner PASSWORD :'owner';
ALTER ROLE siks_app PASSWORD :'app';
