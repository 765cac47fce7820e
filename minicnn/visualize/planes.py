def planes(): pass
