# By the fleet id, which the data source kec_spot_instances shows for each machine of the fleet.
terraform import kec_spot_fleet.workers 7c9e6679-7425-40de-944b-e07fc1f90ae7
