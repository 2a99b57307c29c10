// At once, so that nobody needs to press; without scripts the button does the same.
document.getElementById("back").submit();
