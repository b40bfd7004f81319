"""The form to fill in: what is asked of a department, and the workbook in which it is asked."""
