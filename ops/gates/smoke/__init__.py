"""The gate `smoke`: does the candidate answer as it should, before it has any weight?"""
