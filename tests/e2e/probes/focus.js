// Where the focus is: [name, is it seen].
() => {
  const element = document.activeElement;
  const { outlineStyle } = getComputedStyle(element);
  return [element.className || element.tagName, outlineStyle !== "none" || element.className === "skip"];
}
