// "Download as notebook": the chapter as it is published, with the reader's edits in place.
export async function downloadNotebook(address, cells) {
  const response = await fetch(address);
  if (!response.ok) throw new Error("The notebook of this chapter is not on this site.");
  const notebook = await response.json();
  const edited = cells.filter((cell) => cell.edited);
  const code = notebook.cells;
  for (const cell of edited) {
    code[cell.index].source = cell.source.split(/(?<=\n)/);
    code[cell.index].outputs = [];
    code[cell.index].execution_count = null;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" }));
  link.download = address.split("/").pop();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return edited.length;
}
