"""A hub under users and faults for some minutes: does anything get lost?"""
