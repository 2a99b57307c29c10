"""NestPay, the payment page of BKT and others."""
